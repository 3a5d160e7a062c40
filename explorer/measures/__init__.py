"""What a placement means: tables only, one module per measure."""
