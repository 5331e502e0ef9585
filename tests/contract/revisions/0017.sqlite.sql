BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0017');
CREATE TABLE claims (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	holder_id TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "claims" VALUES('full','90c601d3984287793a55ec42640e11a2','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
INSERT INTO "claims" VALUES('bare','90c601d3984287793a55ec42640e11a2','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
CREATE TABLE counters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	hits BIGINT NOT NULL, 
	ends BIGINT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "counters" VALUES('full','dc6f184940a2b835276e3a1c1101f2f5',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
INSERT INTO "counters" VALUES('bare','dc6f184940a2b835276e3a1c1101f2f5',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
CREATE TABLE datasets (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	status TEXT NOT NULL, 
	state TEXT NOT NULL, 
	job_id TEXT, 
	receipt_id TEXT, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	reconcile_since DATETIME, 
	read_options JSON NOT NULL, 
	row_sets JSON NOT NULL, 
	pieces JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "datasets" VALUES('full','a6820784ab9de6182087ea0ed0bbb2f9','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "datasets" VALUES('bare','a6820784ab9de6182087ea0ed0bbb2f9','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
CREATE TABLE deliveries (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	webhook_id TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	status TEXT NOT NULL, 
	attempts BIGINT NOT NULL, 
	response_status BIGINT, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	next_attempt_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "deliveries" VALUES('full','7a9ddb83a103ce1bcc5a3dc45d6785ca','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "deliveries" VALUES('bare','7a9ddb83a103ce1bcc5a3dc45d6785ca','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL);
CREATE TABLE dogs (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	name_key TEXT NOT NULL, 
	picture_status TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	picture TEXT, 
	is_adopted BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dogs" VALUES('full','749864abed609006586d8cf9c7eaedc3','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456');
INSERT INTO "dogs" VALUES('bare','749864abed609006586d8cf9c7eaedc3','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456');
CREATE TABLE events (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	type TEXT NOT NULL, 
	shard BIGINT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	user_id TEXT, 
	actor_id TEXT, 
	session_id TEXT, 
	ip TEXT, 
	user_agent TEXT, 
	request_id TEXT, 
	at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	due_at DATETIME, 
	data JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "events" VALUES('full','222e427c160bc04ef6c0d354faaceb91','Å 😀 ''quoted'' 100 %',9007199254740993,'Å 😀 ''quoted'' 100 %','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "events" VALUES('bare','222e427c160bc04ef6c0d354faaceb91','Å 😀 ''quoted'' 100 %',9007199254740993,'Å 😀 ''quoted'' 100 %',NULL,NULL,NULL,NULL,NULL,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE factors (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT, 
	secret TEXT, 
	credential_id TEXT, 
	public_key TEXT, 
	last_step BIGINT NOT NULL, 
	counter BIGINT NOT NULL, 
	backed_up BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME, 
	code_hashes JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "factors" VALUES('full','ed68301bc4f6dc1e1c451a89f17167a2','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "factors" VALUES('bare','ed68301bc4f6dc1e1c451a89f17167a2','full','Å 😀 ''quoted'' 100 %',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,1,'2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE files (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	content_type TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	state TEXT NOT NULL, 
	job_id TEXT NOT NULL, 
	receipt_id TEXT, 
	size BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	reconcile_since DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "files" VALUES('full','8406d08ce3a0a8e92a0b1f79f1aa1bbf','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "files" VALUES('bare','8406d08ce3a0a8e92a0b1f79f1aa1bbf','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL);
CREATE TABLE invitations (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT, 
	made_by TEXT, 
	email TEXT NOT NULL, 
	role TEXT NOT NULL, 
	is_accepted BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	valid_until DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "invitations" VALUES('full','35905a6456a8ee9fe059fe657ca02b50','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "invitations" VALUES('bare','35905a6456a8ee9fe059fe657ca02b50',NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
CREATE TABLE "jobs" (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT, 
	kind TEXT NOT NULL, 
	subject_id TEXT NOT NULL, 
	status TEXT NOT NULL, 
	error TEXT, 
	ticket TEXT, 
	attempts BIGINT NOT NULL, 
	progress DOUBLE NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	run_at DATETIME NOT NULL, 
	due_at DATETIME, 
	expires_at DATETIME, 
	result JSON, trace TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('full','11c48a6c0b55125b17f4219f9f4ee0a6','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','Å 😀 ''quoted'' 100 %');
INSERT INTO "jobs" VALUES('bare','11c48a6c0b55125b17f4219f9f4ee0a6',NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL);
CREATE TABLE keys (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	name TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	prefix TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	valid_until DATETIME, 
	last_used_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "keys" VALUES('full','7abdc3a27961b84d6d4fad3541c108d1','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "keys" VALUES('bare','7abdc3a27961b84d6d4fad3541c108d1','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE mails (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	address_key TEXT NOT NULL, 
	address TEXT NOT NULL, 
	language TEXT NOT NULL, 
	user_id TEXT, 
	epoch BIGINT NOT NULL, 
	attempts BIGINT NOT NULL, 
	details JSON, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	valid_until DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "mails" VALUES('full','bc835903d3e207ed056d9263a45cca9e','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','full',9007199254740993,9007199254740993,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "mails" VALUES('bare','bc835903d3e207ed056d9263a45cca9e','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,9007199254740993,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL);
CREATE TABLE packs (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	set_id TEXT NOT NULL, 
	place TEXT NOT NULL, 
	rows TEXT NOT NULL, 
	valid BOOLEAN NOT NULL, 
	goes_on BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "packs" VALUES('full','335ca3db73ed90cccdfbd2c287476efd','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
INSERT INTO "packs" VALUES('bare','335ca3db73ed90cccdfbd2c287476efd','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
CREATE TABLE receipts (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	fingerprint TEXT, 
	answer TEXT, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "receipts" VALUES('full','7fa844b8fbd24d9b90576e85ab1779da','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456');
INSERT INTO "receipts" VALUES('bare','7fa844b8fbd24d9b90576e85ab1779da','full',NULL,NULL,'2030-01-02 12:00:00.123456');
CREATE TABLE reports (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "reports" VALUES('full','02c5d67befded91d8c403217efc993a9','Å 😀 ''quoted'' 100 %');
INSERT INTO "reports" VALUES('bare','02c5d67befded91d8c403217efc993a9','Å 😀 ''quoted'' 100 %');
CREATE TABLE rosters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	members JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "rosters" VALUES('full','f8acd612ab65693eefa095dbf4d47e9e','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "rosters" VALUES('bare','f8acd612ab65693eefa095dbf4d47e9e','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
CREATE TABLE rows (
	set_id TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	valid SMALLINT NOT NULL, 
	"values" TEXT NOT NULL, 
	PRIMARY KEY (set_id, line)
)
 WITHOUT ROWID

;
INSERT INTO "rows" VALUES('full',2,1,'{"\u00e5": "2"}');
INSERT INTO "rows" VALUES('full',3,0,'{"\u00e5": "3"}');
INSERT INTO "rows" VALUES('full',4,1,'{"\u00e5": "4"}');
CREATE TABLE service_accounts (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	role TEXT NOT NULL, 
	name TEXT NOT NULL, 
	secret_hash TEXT NOT NULL, 
	old_hash TEXT, 
	created_at DATETIME NOT NULL, 
	old_until DATETIME, old_secrets JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "service_accounts" VALUES('full','7047e264c252de47649afc5841195f17','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "service_accounts" VALUES('bare','7047e264c252de47649afc5841195f17','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,'2030-01-02 12:00:00.123456',NULL,NULL);
CREATE TABLE sessions (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	user_agent TEXT, 
	ip TEXT, 
	current_hash TEXT, 
	spent_hash TEXT, 
	epoch BIGINT NOT NULL, 
	generation BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	spent_at DATETIME, signed_in_at DATETIME, second_factor TEXT, methods JSON, stepped_up_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('full','3611db7085d918953ea6cf4de42c016b','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456');
INSERT INTO "sessions" VALUES('bare','3611db7085d918953ea6cf4de42c016b','full',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE sign_ins (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	day DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "sign_ins" VALUES('full','0b766779166389e5c6d4cece44871feb','2030-01-02 12:00:00.123456');
INSERT INTO "sign_ins" VALUES('bare','0b766779166389e5c6d4cece44871feb','2030-01-02 12:00:00.123456');
CREATE TABLE spent (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "spent" VALUES('full','55307b4f7b7fd4647c86573e90e02ad2','2030-01-02 12:00:00.123456');
INSERT INTO "spent" VALUES('bare','55307b4f7b7fd4647c86573e90e02ad2','2030-01-02 12:00:00.123456');
CREATE TABLE tasks (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT, 
	completed BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "tasks" VALUES('full','ced1b1f67538305f7ecc4aef9cd70bad','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "tasks" VALUES('bare','ced1b1f67538305f7ecc4aef9cd70bad','full','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
CREATE TABLE users (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	username TEXT, 
	username_key TEXT, 
	email TEXT, 
	email_key TEXT, 
	name TEXT, 
	last_name TEXT, 
	password_hash TEXT, 
	kept_session TEXT, 
	role TEXT NOT NULL, 
	state TEXT NOT NULL, 
	email_verified BOOLEAN NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	session_epoch BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	sessions_ended_at DATETIME, 
	expires_at DATETIME, 
	reconcile_since DATETIME, 
	reserved JSON, provider_valid_since DATETIME, address_changes BIGINT, provider_project TEXT, factors JSON, invitation_id TEXT, metadata JSON, custom_claims JSON, mirrored_claims JSON, keys JSON, has_factors BOOLEAN, 
	PRIMARY KEY (id)
);
INSERT INTO "users" VALUES('full','3d61d39f3ede48ded3035fdf41e8e4a1','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456',9007199254740993,'Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]',1);
INSERT INTO "users" VALUES('bare','3d61d39f3ede48ded3035fdf41e8e4a1',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE webhooks (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	url TEXT NOT NULL, 
	secret TEXT NOT NULL, 
	description TEXT, 
	old_secret TEXT, 
	enabled BOOLEAN NOT NULL, 
	failures BIGINT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	old_secret_until DATETIME, 
	last_success_at DATETIME, 
	last_failure_at DATETIME, 
	failing_since DATETIME, 
	events JSON NOT NULL, old_secrets JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "webhooks" VALUES('full','2f37f87212d8b1df729e88424205cf6b','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "webhooks" VALUES('bare','2f37f87212d8b1df729e88424205cf6b','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]',NULL);
CREATE INDEX ix_users_reconcile_since ON users (reconcile_since, id);
CREATE INDEX ix_users_email_key ON users (email_key, id);
CREATE INDEX ix_users_username_key ON users (username_key, id);
CREATE INDEX ix_users_state_role_username_key ON users (state, role, username_key, id);
CREATE INDEX ix_users_expires_at ON users (expires_at, id);
CREATE INDEX ix_users_state_username_key ON users (state, username_key, id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at, id);
CREATE INDEX ix_sessions_user_id_created_at ON sessions (user_id, created_at, id);
CREATE INDEX ix_counters_expires_at ON counters (expires_at, id);
CREATE INDEX ix_tasks_user_id_completed_created_at ON tasks (user_id, completed, created_at, id);
CREATE INDEX ix_tasks_user_id_created_at ON tasks (user_id, created_at, id);
CREATE INDEX ix_dogs_user_id_name_key ON dogs (user_id, name_key, id);
CREATE INDEX ix_dogs_name_key ON dogs (name_key, id);
CREATE INDEX ix_dogs_is_adopted_name_key ON dogs (is_adopted, name_key, id);
CREATE INDEX ix_files_state_user_id_created_at ON files (state, user_id, created_at, id);
CREATE INDEX ix_files_state_created_at ON files (state, created_at, id);
CREATE INDEX ix_files_reconcile_since ON files (reconcile_since, id);
CREATE INDEX ix_files_user_id_created_at ON files (user_id, created_at, id);
CREATE INDEX ix_receipts_user_id_expires_at ON receipts (user_id, expires_at, id);
CREATE INDEX ix_receipts_expires_at ON receipts (expires_at, id);
CREATE INDEX ix_packs_set_id_valid_place ON packs (set_id, valid, place, id);
CREATE INDEX ix_datasets_reconcile_since ON datasets (reconcile_since, id);
CREATE INDEX ix_datasets_state_user_id_created_at ON datasets (state, user_id, created_at, id);
CREATE INDEX ix_datasets_state_created_at ON datasets (state, created_at, id);
CREATE INDEX ix_datasets_user_id_created_at ON datasets (user_id, created_at, id);
CREATE INDEX ix_rows_invalid ON rows (set_id, line, valid) WHERE valid = 0;
CREATE INDEX ix_mails_kind_address_key_created_at ON mails (kind, address_key, created_at, id);
CREATE INDEX ix_mails_expires_at ON mails (expires_at, id);
CREATE INDEX ix_jobs_status_created_at ON jobs (status, created_at, id);
CREATE INDEX ix_jobs_created_at ON jobs (created_at, id);
CREATE INDEX ix_jobs_expires_at ON jobs (expires_at, id);
CREATE INDEX ix_jobs_user_id_created_at ON jobs (user_id, created_at, id);
CREATE INDEX ix_jobs_due_at ON jobs (due_at, id);
CREATE INDEX ix_factors_user_id_created_at ON factors (user_id, created_at, id);
CREATE INDEX ix_spent_expires_at ON spent (expires_at, id);
CREATE INDEX ix_events_user_id_at ON events (user_id, at, id);
CREATE INDEX ix_events_user_id_type_at ON events (user_id, type, at, id);
CREATE INDEX ix_events_shard_at ON events (shard, at, id);
CREATE INDEX ix_events_shard_type_at ON events (shard, type, at, id);
CREATE INDEX ix_events_shard_due_at ON events (shard, due_at, id);
CREATE INDEX ix_events_expires_at ON events (expires_at, id);
CREATE INDEX ix_invitations_is_accepted_created_at ON invitations (is_accepted, created_at, id);
CREATE INDEX ix_invitations_user_id_created_at ON invitations (user_id, created_at, id);
CREATE INDEX ix_invitations_created_at ON invitations (created_at, id);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at, id);
CREATE INDEX ix_webhooks_created_at ON webhooks (created_at, id);
CREATE INDEX ix_deliveries_webhook_id_created_at ON deliveries (webhook_id, created_at, id);
CREATE INDEX ix_deliveries_webhook_id_next_attempt_at ON deliveries (webhook_id, next_attempt_at, id);
CREATE INDEX ix_deliveries_expires_at ON deliveries (expires_at, id);
CREATE INDEX ix_keys_user_id_created_at ON keys (user_id, created_at, id);
CREATE INDEX ix_service_accounts_created_at ON service_accounts (created_at, id);
CREATE INDEX ix_users_state_disabled_username_key ON users (state, disabled, username_key, id);
CREATE INDEX ix_users_state_email_verified_username_key ON users (state, email_verified, username_key, id);
CREATE INDEX ix_users_state_has_factors_username_key ON users (state, has_factors, username_key, id);
CREATE INDEX ix_sign_ins_day ON sign_ins (day, id);
COMMIT;
