-- A store as version 0.1.0 wrote it (`sqlite3 completions.sqlite .dump`); never write it anew.
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE parts (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
INSERT INTO "parts" VALUES(1,'{"api_base": "https://example.org/v1", "mode": "chat", "name": "m-1"}');
INSERT INTO "parts" VALUES(2,'Be brief.');
INSERT INTO "parts" VALUES(3,'');
INSERT INTO "parts" VALUES(4,'{"extra": {"seed": 7}, "frequency_penalty": null, "max_tokens": 16, "presence_penalty": null, "stop": ["\n\n"], "temperature": 0.7, "top_p": null}');
INSERT INTO "parts" VALUES(5,'{"max_tokens": 16, "temperature": 0.7}');
INSERT INTO "parts" VALUES(6,'{"extra": {}, "frequency_penalty": null, "max_tokens": null, "presence_penalty": null, "stop": [], "temperature": null, "top_p": null}');
CREATE TABLE replies (
    request TEXT NOT NULL,
    key BLOB NOT NULL,
    draw INTEGER NOT NULL,
    stage TEXT NOT NULL,
    round INTEGER NOT NULL,
    identity INTEGER NOT NULL REFERENCES parts,
    system INTEGER REFERENCES parts,
    head INTEGER NOT NULL REFERENCES parts,
    rest TEXT NOT NULL,
    decoding INTEGER NOT NULL REFERENCES parts,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost_usd REAL,
    seconds REAL NOT NULL,
    model TEXT NOT NULL,
    time REAL NOT NULL,
    sent INTEGER REFERENCES parts,
    UNIQUE (key, draw)
);
INSERT INTO "replies" VALUES('grow/1/1',X'74974D073E4B8DF9E33025EE252EA19AF9DB963AD07EA3B61E585613014C6FD9',0,'grow',1,1,2,3,'Name a river in Bolivia – any.',4,'Río Beni.','stop',12,4,0.00025,0.75,'m-1-0613',1700000001.0,5);
INSERT INTO "replies" VALUES('grow/1/2',X'3DA0B7597BF6EBF688E3748ED4ADAE8DB29C40F3750118DB0527A286572523AC',0,'grow',1,1,NULL,3,'Name a river in Bolivia – any.',6,'The Mamoré.','length',NULL,NULL,NULL,0.5,'m-1-0613',1700000002.0,NULL);
INSERT INTO "replies" VALUES('grow/1/3',X'BE0B8978842781E2B33B77CB1C36306F30F723F35F445DE2AC1A29C89505CC29',0,'grow',1,1,NULL,3,'Name a river in Bolivia – any.',6,' is the Beni.','stop',9,NULL,NULL,0.5,'m-1-0613',1700000003.0,NULL);
CREATE INDEX by_request ON replies (request);
CREATE VIEW completions AS
    SELECT stage, round, request, lower(hex(key)) AS key, draw, identities.content AS identity,
        systems.content AS system, heads.content || rest AS prompt, decodings.content AS decoding,
        sents.content AS sent, text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model, time
    FROM replies
    JOIN parts AS identities ON identities.id = identity
    LEFT JOIN parts AS systems ON systems.id = system
    JOIN parts AS heads ON heads.id = head
    JOIN parts AS decodings ON decodings.id = decoding
    LEFT JOIN parts AS sents ON sents.id = sent;
COMMIT;
