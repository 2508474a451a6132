"""What the status line says: one file per owner."""
