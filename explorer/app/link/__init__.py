"""Links to what is seen: in the page's address, and handed out."""
