"""A device for its user: links that come and go, the session over them, commands and streams."""
