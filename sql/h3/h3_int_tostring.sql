SELECT TO_HEX({{ index }})
