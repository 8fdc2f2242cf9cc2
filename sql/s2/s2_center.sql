SELECT ST_GeomFromEWKB({{ schema }}.__S2_CENTER({{ id }}))
