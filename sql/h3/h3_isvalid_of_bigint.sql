SELECT COALESCE(H3_IsValid({{ index }}), FALSE)
