"""The chapbook: what she did as a small booklet to show to a friend, as one page of HTML and as PDF.

`passages` are what both models wrote, `choices` what she wants in it, `book` puts facts in words, and `page` and `pdf`
set the same book.
"""
