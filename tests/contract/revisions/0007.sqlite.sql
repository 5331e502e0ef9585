BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0007');
CREATE TABLE claims (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	holder_id TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "claims" VALUES('full','e0b432bcc3d23301d0ca2069040555ef','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
INSERT INTO "claims" VALUES('bare','e0b432bcc3d23301d0ca2069040555ef','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %');
CREATE TABLE counters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	hits BIGINT NOT NULL, 
	ends BIGINT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "counters" VALUES('full','349934caea6d2c277e309cbae876be52',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
INSERT INTO "counters" VALUES('bare','349934caea6d2c277e309cbae876be52',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456');
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
INSERT INTO "datasets" VALUES('full','168edcf5f946c4b753f2308105e198d1','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "datasets" VALUES('bare','168edcf5f946c4b753f2308105e198d1','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
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
INSERT INTO "dogs" VALUES('full','4512e27a612143e7261ba50c20cdbd6c','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456');
INSERT INTO "dogs" VALUES('bare','4512e27a612143e7261ba50c20cdbd6c','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456');
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
INSERT INTO "files" VALUES('full','f8abaeb38dbcda96a838cfb5fc0260eb','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "files" VALUES('bare','f8abaeb38dbcda96a838cfb5fc0260eb','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,'2030-01-02 12:00:00.123456',NULL);
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
	result JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('full','fa80ba6d0124b54cd34336a5632dc769','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "jobs" VALUES('bare','fa80ba6d0124b54cd34336a5632dc769',NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,NULL,9007199254740993,0.1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL);
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
INSERT INTO "mails" VALUES('full','616f9d514932305b3814663bc742b723','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','full',9007199254740993,9007199254740993,'[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "mails" VALUES('bare','616f9d514932305b3814663bc742b723','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',NULL,9007199254740993,9007199254740993,NULL,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL);
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
INSERT INTO "packs" VALUES('full','31f411d172ec2114249463f38468738f','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
INSERT INTO "packs" VALUES('bare','31f411d172ec2114249463f38468738f','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1);
CREATE TABLE receipts (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	fingerprint TEXT, 
	answer TEXT, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "receipts" VALUES('full','6f9eb967ee351dae6e9d2561d3f67574','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','2030-01-02 12:00:00.123456');
INSERT INTO "receipts" VALUES('bare','6f9eb967ee351dae6e9d2561d3f67574','full',NULL,NULL,'2030-01-02 12:00:00.123456');
CREATE TABLE reports (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "reports" VALUES('full','e80ecec99ff0576940948822f0d5174e','Å 😀 ''quoted'' 100 %');
INSERT INTO "reports" VALUES('bare','e80ecec99ff0576940948822f0d5174e','Å 😀 ''quoted'' 100 %');
CREATE TABLE rosters (
	id TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	members JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "rosters" VALUES('full','ced77c8459378c66979c973f52bb9391','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "rosters" VALUES('bare','ced77c8459378c66979c973f52bb9391','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
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
	spent_at DATETIME, signed_in_at DATETIME, second_factor TEXT, amr JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('full','777f499f4dadab2cf34212392bea18da','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','Å 😀 ''quoted'' 100 %','[["email", "\u00e5"], {"a": null, "b": [1.5]}]');
INSERT INTO "sessions" VALUES('bare','777f499f4dadab2cf34212392bea18da','full',NULL,NULL,NULL,NULL,9007199254740993,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL);
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
INSERT INTO "tasks" VALUES('full','ba46e7468160d66e189d3899f72c60a2','full','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
INSERT INTO "tasks" VALUES('bare','ba46e7468160d66e189d3899f72c60a2','full','Å 😀 ''quoted'' 100 %',NULL,1,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456');
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
	reserved JSON, provider_valid_since DATETIME, address_changes BIGINT, provider_project TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "users" VALUES('full','4c8a532fea7d3587024a353a11e46eb5','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456','[["email", "\u00e5"], {"a": null, "b": [1.5]}]','2030-01-02 12:00:00.123456',9007199254740993,'Å 😀 ''quoted'' 100 %');
INSERT INTO "users" VALUES('bare','4c8a532fea7d3587024a353a11e46eb5',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'Å 😀 ''quoted'' 100 %','Å 😀 ''quoted'' 100 %',1,1,9007199254740993,'2030-01-02 12:00:00.123456','2030-01-02 12:00:00.123456',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_users_state_role_username_key ON users (state, role, username_key, id);
CREATE INDEX ix_users_state_username_key ON users (state, username_key, id);
CREATE INDEX ix_users_expires_at ON users (expires_at, id);
CREATE INDEX ix_users_reconcile_since ON users (reconcile_since, id);
CREATE INDEX ix_users_username_key ON users (username_key, id);
CREATE INDEX ix_users_email_key ON users (email_key, id);
CREATE INDEX ix_sessions_user_id_created_at ON sessions (user_id, created_at, id);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at, id);
CREATE INDEX ix_counters_expires_at ON counters (expires_at, id);
CREATE INDEX ix_tasks_user_id_completed_created_at ON tasks (user_id, completed, created_at, id);
CREATE INDEX ix_tasks_user_id_created_at ON tasks (user_id, created_at, id);
CREATE INDEX ix_dogs_user_id_name_key ON dogs (user_id, name_key, id);
CREATE INDEX ix_dogs_name_key ON dogs (name_key, id);
CREATE INDEX ix_dogs_is_adopted_name_key ON dogs (is_adopted, name_key, id);
CREATE INDEX ix_files_state_user_id_created_at ON files (state, user_id, created_at, id);
CREATE INDEX ix_files_user_id_created_at ON files (user_id, created_at, id);
CREATE INDEX ix_files_state_created_at ON files (state, created_at, id);
CREATE INDEX ix_files_reconcile_since ON files (reconcile_since, id);
CREATE INDEX ix_receipts_user_id_expires_at ON receipts (user_id, expires_at, id);
CREATE INDEX ix_receipts_expires_at ON receipts (expires_at, id);
CREATE INDEX ix_packs_set_id_valid_place ON packs (set_id, valid, place, id);
CREATE INDEX ix_datasets_state_created_at ON datasets (state, created_at, id);
CREATE INDEX ix_datasets_user_id_created_at ON datasets (user_id, created_at, id);
CREATE INDEX ix_datasets_reconcile_since ON datasets (reconcile_since, id);
CREATE INDEX ix_datasets_state_user_id_created_at ON datasets (state, user_id, created_at, id);
CREATE INDEX ix_rows_invalid ON rows (set_id, line, valid) WHERE valid = 0;
CREATE INDEX ix_mails_kind_address_key_created_at ON mails (kind, address_key, created_at, id);
CREATE INDEX ix_mails_expires_at ON mails (expires_at, id);
CREATE INDEX ix_jobs_due_at ON jobs (due_at, id);
CREATE INDEX ix_jobs_user_id_created_at ON jobs (user_id, created_at, id);
CREATE INDEX ix_jobs_status_created_at ON jobs (status, created_at, id);
CREATE INDEX ix_jobs_created_at ON jobs (created_at, id);
CREATE INDEX ix_jobs_expires_at ON jobs (expires_at, id);
COMMIT;
