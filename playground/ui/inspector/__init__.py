"""The form that every catalogue record gets from its own fields, the painted controls it is made of, and the inspector.

One editor per field kind (`editors`), one form (`form`), one inspector (`panel`); nothing here names a layer. Widgets never change
what they show: they tell what the user asked for, and show the project again when it has changed.
"""
