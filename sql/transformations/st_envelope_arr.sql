SELECT ST_GeomFromEWKB({{ schema }}.__ENVELOPE_ARR(JSON_SERIALIZE({{ geojsons }})))
