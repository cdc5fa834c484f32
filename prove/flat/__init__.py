"""What a request costs does not depend on how much is stored."""
