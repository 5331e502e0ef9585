"""Pages for people: one for each kind of error, and the problem that a browser is answered with."""
