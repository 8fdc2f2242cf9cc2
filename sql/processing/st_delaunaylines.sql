SELECT {{ schema }}.__DELAUNAYLINES(ST_AsHexEWKB({{ points }}))
