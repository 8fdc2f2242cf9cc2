SELECT ({{ quadbin }} >> 52) & 31
