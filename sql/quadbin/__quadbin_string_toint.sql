SELECT STRTOL({{ quadbin }}, 16)
