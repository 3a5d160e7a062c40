"""The strip of questions: tabs, of which one is open."""
