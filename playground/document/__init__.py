"""The project being edited: frozen records, edits with history, problems, the versioned file. No Qt, no engine."""
