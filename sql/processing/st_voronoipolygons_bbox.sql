SELECT {{ schema }}.__VORONOIPOLYGONS(ST_AsHexEWKB({{ points }}), JSON_SERIALIZE({{ bbox }}))
