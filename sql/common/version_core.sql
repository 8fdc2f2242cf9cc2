SELECT '{{ version }}'
