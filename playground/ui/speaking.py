"""The language of the whole program: its words, those of Qt's own dialogs, and the font that shows them."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from playground.ui import theme
from playground.words import chosen, language, set_language

#: What Qt's own Chinese lacks (6.11): what stands in the form of its file dialog, and the kinds of files there. It takes their size for
#: a volume.
_LACKING = {
    "zh_CN": {
        "QFileDialog": {
            "&Look in:": "查找范围(&L)：",
            "Files of &type:": "文件类型(&T)：",
            "Look in:": "查找范围：",
            "Files of type:": "文件类型：",
        },
        "QFileSystemModel": {"Size": "大小"},
        "QAbstractFileIconProvider": {
            "Alias": "别名",
            "Drive": "驱动器",
            "File": "文件",
            "Folder": "文件夹",
            "Shortcut": "快捷方式",
            "Unknown": "未知",
        },
    }
}


class QtWords(QTranslator):
    """Qt's own words in a language, with those that its table lacks."""

    def __init__(self, spoken: str, parent: QObject) -> None:
        super().__init__(parent)
        self._lacking = _LACKING.get(spoken, {})

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        """The translation; None where there is none. Qt calls this for every text of its own."""
        lacking = self._lacking.get(context, {}).get(text)
        return lacking or super().translate(context, text, disambiguation, n) or None  # "" would be a translation


def wanted(choice: str) -> str:
    """The language for a choice, "system" or a language."""
    return chosen(choice, QLocale.system().name())


def speak(app: QApplication, spoken: str) -> None:
    """Say everything in a language from now on, the buttons of Qt's own dialogs too. What is shown already stays as it is."""
    spoken = set_language(spoken)
    for old in app.findChildren(QTranslator, options=Qt.FindChildOption.FindDirectChildrenOnly):
        app.removeTranslator(old)
        old.setParent(None)  # it is deleted later, and must not be taken for the present one until then
        old.deleteLater()
    translator = QtWords(spoken, app)
    if translator.load(f"qtbase_{spoken}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(translator)


def change_language(choice: str) -> None:
    """Speak the language of a choice from now on, and let every window show it."""
    from playground.ui.main_window import MainWindow

    app = QApplication.instance()
    spoken = wanted(choice)
    if not isinstance(app, QApplication) or spoken == language():
        return
    speak(app, spoken)
    app.setFont(theme.theme().font(12))  # that of the language
    for window in app.topLevelWidgets():
        if isinstance(window, MainWindow):
            window.say_again()
