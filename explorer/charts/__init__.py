"""One description of a picture per measure, and the backends that draw it."""
