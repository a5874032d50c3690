"""The champion as a service: what it is made of (`export`), what it loads (`bundle`), how it answers."""
