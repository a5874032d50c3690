"""What is around the table of a text file: titles, comments, footers."""
