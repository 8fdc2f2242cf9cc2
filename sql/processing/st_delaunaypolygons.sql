SELECT {{ schema }}.__DELAUNAYPOLYGONS(ST_AsHexEWKB({{ points }}))
