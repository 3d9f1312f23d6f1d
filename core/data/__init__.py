"""From a file to prepared texts: read, choose columns, clean, split."""
