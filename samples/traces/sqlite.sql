-- A scripted day of a small database in memory: the program behind the trace sqlite.
-- Lookaside is off (as record.sh starts it), so that small blocks are the heap's and not SQLite's own.
CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE finding(id INTEGER PRIMARY KEY, run INTEGER, rule TEXT, file TEXT, line INTEGER, message TEXT);
CREATE INDEX by_place ON finding(file, line);

-- Three nights of results; each replaces half of what was there.
INSERT INTO run VALUES (1, 'monday'), (2, 'tuesday'), (3, 'wednesday');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO finding SELECT NULL, 1, 'rule' || (i * 7919 % 97), 'src/' || (i * 104729 % 1009) || '.c', i * 31 % 5000,
    printf('%08x', i * 2654435761 % 4294967296) || printf('%.*c', i * 37 % 400, 'x') FROM n;
CREATE INDEX by_rule ON finding(rule, run);
DELETE FROM finding WHERE id * 2654435761 % 2 = 0;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO finding SELECT NULL, 2, 'rule' || (i * 7907 % 89), 'src/' || (i * 104711 % 997) || '.c', i * 37 % 5000,
    printf('%08x', i * 40503 % 65536) || printf('%.*c', i * 41 % 500, 'y') FROM n;
UPDATE finding SET message = message || ' seen again' WHERE rule IN (SELECT rule FROM finding WHERE run = 2);
DELETE FROM finding WHERE id % 3 = 1;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO finding SELECT NULL, 3, 'rule' || (i * 7901 % 83), 'src/' || (i * 104707 % 991) || '.c', i * 41 % 5000,
    printf('%08x', i * 48271 % 65536) || printf('%.*c', i * 43 % 300, 'z') FROM n;

-- What people ask of it.
SELECT rule, count(*), max(line) FROM finding GROUP BY rule ORDER BY 2 DESC LIMIT 3;
SELECT count(DISTINCT file || ':' || line) FROM finding;
SELECT count(*) FROM finding a JOIN finding b ON a.file = b.file AND a.line = b.line AND a.run < b.run;
SELECT length(group_concat(message, ',')) FROM (SELECT message FROM finding ORDER BY message LIMIT 2000);
CREATE TEMP TABLE worst AS SELECT file, count(*) AS findings FROM finding GROUP BY file ORDER BY 2 DESC LIMIT 100;
SELECT sum(findings) FROM worst;
SELECT count(*), sum(length(m)) FROM (SELECT replace(message, 'x', 'ab') AS m FROM finding WHERE run = 1);
SELECT count(*) FROM (SELECT json_group_array(json_object('rule', rule, 'line', line)) FROM finding GROUP BY file);

-- A year later only the newest is of interest.
DELETE FROM finding WHERE run < 3 AND id % 50 <> 0;
DROP TABLE worst;
PRAGMA shrink_memory;
SELECT count(*) FROM finding;
