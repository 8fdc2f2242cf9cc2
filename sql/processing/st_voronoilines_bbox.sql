SELECT {{ schema }}.__VORONOILINES(ST_AsHexEWKB({{ points }}), JSON_SERIALIZE({{ bbox }}))
