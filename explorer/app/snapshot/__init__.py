"""One HTML file with live sliders."""
