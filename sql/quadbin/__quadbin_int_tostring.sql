SELECT TO_HEX({{ quadbin }})
