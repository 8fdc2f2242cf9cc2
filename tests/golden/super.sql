SELECT JSON_PARSE('{"a": [1, {"b": "x"}], "c": null}') AS j
#> super
=> {"a":[1,{"b":"x"}],"c":null}

SELECT JSON_PARSE('[1,')
!> parse JSON

SELECT JSON_SERIALIZE(JSON_PARSE('{ "k" : 1.25 }')), CAN_JSON_PARSE('[1'), IS_VALID_JSON('{"a":1}'), IS_VALID_JSON_ARRAY('{}')
=> {"k":1.25} | false | true | false

CREATE TABLE docs AS SELECT 1 AS id, JSON_PARSE('{"name":"one","tags":["a","b"],"n":{"x":1.5,"y":[10,20]}}') AS doc UNION ALL SELECT 2, JSON_PARSE('{"name":"two","tags":[]}')
ok

-- PartiQL: navigation, and NULL where the path leads nowhere.
SELECT d.doc.name, d.doc.n.y[1], d.doc.n.x, d.doc.nothing.at.all FROM docs d ORDER BY id
#> super, super, super, super
=> "one" | 20 | 1.5 | NULL
=> "two" | NULL | NULL | NULL

SELECT d.doc.name::VARCHAR, d.doc.n.y[0]::INT, (d.doc.n.y[0] + 5) * 1 FROM docs d WHERE id = 1
=> one | 10 | 15

-- Unnesting.
SELECT d.id, t FROM docs d, d.doc.tags AS t ORDER BY 1, 2
=> 1 | "a"
=> 1 | "b"

SELECT d.id, t, i FROM docs AS d, d.doc.tags AS t AT i ORDER BY i
=> 1 | "a" | 0
=> 1 | "b" | 1

SELECT d.id, t FROM docs d LEFT JOIN d.doc.tags AS t ON TRUE ORDER BY 1, 2
=> 1 | "a"
=> 1 | "b"
=> 2 | NULL

SELECT id FROM docs d WHERE d.doc.name = 'two'
=> 2

SELECT COUNT(*) FROM docs d, d.doc.n.y AS v WHERE v > 10
=> 1

SELECT ARRAY(1, 'x', NULL), ARRAY(), OBJECT('a', 1, 'b', ARRAY(2)), ARRAY_CONCAT(ARRAY(1), ARRAY(2)), SUBARRAY(ARRAY('a','b','c'), 1, 2)
=> [1,"x",null] | [] | {"a":1,"b":[2]} | [1,2] | ["b","c"]

SELECT GET_ARRAY_LENGTH(ARRAY(1, 2, 3)), JSON_TYPEOF(JSON_PARSE('{}')), IS_ARRAY(ARRAY()), IS_OBJECT(ARRAY()), SPLIT_TO_ARRAY('a,b'), ARRAY_FLATTEN(JSON_PARSE('[[1,2],[3]]'))
=> 3 | object | true | false | ["a","b"] | [1,2,3]

SELECT JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6'), JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2), JSON_ARRAY_LENGTH('[1,2]')
=> star | 113 | 2

SELECT JSON_EXTRACT_PATH_TEXT('{"a":1', 'a')
!>

SELECT JSON_EXTRACT_PATH_TEXT('{"a":1', 'a', TRUE)
=> NULL

SELECT ARRAY_CONTAINS(ARRAY(1, 2), 2), ARRAY_DISTINCT(JSON_PARSE('[1,2,1]')), ARRAY_POSITION(ARRAY('a','b'), 'b'), ARRAY_SORT(JSON_PARSE('[3,1,2]'))
!> not supported by the sandbox

-- SUPER holds whole numbers of 64 bits exactly.
SELECT JSON_PARSE('[9223372036854775807]'), JSON_PARSE('9007199254740993')::BIGINT
=> [9223372036854775807] | 9007199254740993

-- A text is stored as a string; only JSON_PARSE makes an object of it.
CREATE TABLE loaded (id INT, s SUPER, g GEOMETRY)
ok

INSERT INTO loaded VALUES (1, '{"a":1}', 'POINT(1 2)'), (2, JSON_PARSE('{"a":1}'), '0101000020E6100000000000000000F03F0000000000000040')
ok

INSERT INTO loaded (s, id) SELECT x, 3 FROM (SELECT 'text' AS x) t
ok

INSERT INTO loaded (id, s) SELECT 4, JSON_PARSE('[1]')
ok

INSERT INTO loaded (id, g) SELECT 5, ST_Point(3, 4)
ok

SELECT id, JSON_TYPEOF(s), s, ST_AsEWKT(g) FROM loaded ORDER BY id
=> 1 | string | "{\"a\":1}" | POINT(1 2)
=> 2 | object | {"a":1} | SRID=4326;POINT(1 2)
=> 3 | string | "text" | NULL
=> 4 | array | [1] | NULL
=> 5 | NULL | NULL | POINT(3 4)

UPDATE loaded SET s = 'new', g = 'POINT(0 0)' WHERE id = 5
ok

SELECT s, ST_AsText(g) FROM loaded WHERE id = 5
=> "new" | POINT(0 0)
