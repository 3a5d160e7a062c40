"""One Viewer per question, each fed by a `Session`; `Explorer` puts them together."""
