"""What the scripts of both steps know."""

LEFT = "left"
