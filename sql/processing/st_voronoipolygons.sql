SELECT {{ schema }}.__VORONOIPOLYGONS(ST_AsHexEWKB({{ points }}), '')
