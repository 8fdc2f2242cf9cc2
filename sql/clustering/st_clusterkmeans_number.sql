SELECT JSON_PARSE({{ schema }}.__CLUSTERKMEANS(ST_AsHexEWKB({{ geom }}), {{ number_of_clusters }}))
