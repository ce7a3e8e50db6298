"""What we say and how each platform draws it, pure: card in, JSON or text out."""
