SELECT {{ schema }}.__VORONOILINES(ST_AsHexEWKB({{ points }}), '')
