"""How a chart becomes a picture: on screen, in a notebook, in print."""
