{# Lambda writes quotes as tildes. #}
SELECT JSON_PARSE(REPLACE({{ schema }}.__H3_UNCOMPACT(JSON_SERIALIZE({{ indexes }}), {{ resolution }}), '~', '"'))
