"""What must hold, shown."""
