/// The tables, and how an older file gets them.
enum Schema {
    /// Marks a database as a ledger: "BKHD". https://www.sqlite.org/pragma.html#pragma_application_id
    static let application: Int64 = 0x424b_4844

    /// What leads from version N to N+1, at index N. None is ever changed once it was released.
    static let migrations: [StaticString] = [first, second, third, fourth, fifth]

    private static let first: StaticString = """
        PRAGMA application_id=1112229956;
        CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO facts VALUES ('next_run', 1), ('active_version', 0);

        CREATE TABLE projects (
            name TEXT PRIMARY KEY, phase TEXT NOT NULL, reason TEXT NOT NULL, goal TEXT NOT NULL,
            stage TEXT NOT NULL, up_since INTEGER, due_at INTEGER, attempts INTEGER NOT NULL,
            declared TEXT NOT NULL, boot TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE services (
            project TEXT NOT NULL REFERENCES projects (name) ON DELETE CASCADE,
            position INTEGER NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL,
            reason TEXT NOT NULL, flags INTEGER NOT NULL, run INTEGER, started_at INTEGER,
            due_at INTEGER, stop_cause TEXT, restarts INTEGER NOT NULL,
            consecutive INTEGER NOT NULL, failures_at BLOB NOT NULL,
            PRIMARY KEY (project, position), UNIQUE (project, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sandboxes (
            project TEXT PRIMARY KEY, range_base INTEGER NOT NULL, pid INTEGER NOT NULL,
            start_time INTEGER NOT NULL, boot TEXT NOT NULL, cgroup TEXT NOT NULL,
            launched_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, project TEXT NOT NULL, workload TEXT NOT NULL,
            kind TEXT NOT NULL, command BLOB NOT NULL, token TEXT NOT NULL, actor INTEGER NOT NULL,
            state INTEGER NOT NULL, pid INTEGER, result INTEGER, text TEXT NOT NULL,
            started_at INTEGER NOT NULL, ended_at INTEGER, detached INTEGER NOT NULL,
            due_at INTEGER, due_cause TEXT NOT NULL
        ) STRICT;
        CREATE INDEX runs_of_a_project ON runs (project, id);
        CREATE INDEX runs_by_token ON runs (token, id) WHERE token <> '';
        CREATE INDEX runs_unfinished ON runs (id) WHERE state <= 1;

        CREATE TABLE contents (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE versions (
            number INTEGER PRIMARY KEY AUTOINCREMENT, applied_at INTEGER NOT NULL,
            actor INTEGER NOT NULL, via TEXT NOT NULL, projects INTEGER NOT NULL,
            summary TEXT NOT NULL
        ) STRICT;
        CREATE TABLE files (
            version INTEGER NOT NULL REFERENCES versions (number) ON DELETE CASCADE,
            position INTEGER NOT NULL, name TEXT NOT NULL,
            content INTEGER NOT NULL REFERENCES contents (id),
            PRIMARY KEY (version, position), UNIQUE (version, name)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX files_of_a_content ON files (content);
        CREATE TABLE pending_files (
            position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bytes BLOB
        ) STRICT;

        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, project TEXT NOT NULL,
            workload TEXT, run INTEGER, severity INTEGER NOT NULL, kind TEXT NOT NULL,
            text TEXT NOT NULL
        ) STRICT;
        PRAGMA user_version=1;
        """

    /// Quotas: each part of it in a section of its own.
    private static let second: StaticString = """
        -- Why runs ended: what was found before their cgroups went.
        CREATE TABLE accounts (
            run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE, cause TEXT NOT NULL,
            text TEXT NOT NULL, evidence TEXT NOT NULL, log TEXT NOT NULL, actor INTEGER,
            suggestion TEXT
        ) STRICT;
        ALTER TABLE projects ADD COLUMN leaving TEXT;
        ALTER TABLE services ADD COLUMN stop TEXT;

        -- Quotas: limits that hold in place of the configured ones, what was changed when by whom,
        -- and what a transaction that is under way is about to change.
        INSERT INTO facts VALUES ('next_transaction', 1);
        CREATE TABLE overrides (
            project TEXT NOT NULL, workload TEXT NOT NULL, name TEXT NOT NULL,
            value TEXT NOT NULL, until INTEGER, beneath TEXT, boot TEXT NOT NULL,
            actor INTEGER NOT NULL, via TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (project, workload, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE quota_history (
            id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, at INTEGER NOT NULL,
            project TEXT NOT NULL, workload TEXT NOT NULL, name TEXT NOT NULL,
            before TEXT NOT NULL, after TEXT NOT NULL, actor INTEGER NOT NULL, via TEXT NOT NULL,
            reason TEXT NOT NULL, until INTEGER
        ) STRICT;
        CREATE INDEX quota_history_of_a_project ON quota_history (project, id);
        CREATE TABLE pending_quotas (
            number INTEGER NOT NULL, position INTEGER NOT NULL, boot TEXT NOT NULL,
            project TEXT NOT NULL, workload TEXT NOT NULL, name TEXT NOT NULL,
            before TEXT NOT NULL, after TEXT NOT NULL, actor INTEGER NOT NULL,
            PRIMARY KEY (number, position)
        ) STRICT, WITHOUT ROWID;
        -- What was last put in force of live projects (run 0) and their runs; NULL while it changes.
        CREATE TABLE limits_in_force (
            project TEXT NOT NULL, run INTEGER NOT NULL, workload TEXT NOT NULL, content TEXT,
            PRIMARY KEY (project, run)
        ) STRICT, WITHOUT ROWID;

        -- Volumes. A project may have its own directory counted, and a volume.
        CREATE TABLE volumes (
            project TEXT NOT NULL, is_own INTEGER NOT NULL, kind TEXT NOT NULL,
            state TEXT NOT NULL, project_id INTEGER NOT NULL, identity TEXT NOT NULL,
            path TEXT NOT NULL, made_at INTEGER NOT NULL, PRIMARY KEY (project, is_own)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO facts VALUES ('next_project_id', 1112014848);

        PRAGMA user_version=2;
        """

    /// Scheduling: who has a place, what was taken from whom, what was decided, and what was used.
    private static let third: StaticString = """
        ALTER TABLE projects ADD COLUMN asked_at INTEGER;
        ALTER TABLE projects ADD COLUMN admitted INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE projects ADD COLUMN preemption TEXT NOT NULL DEFAULT 'none';
        ALTER TABLE projects ADD COLUMN preempted_for TEXT NOT NULL DEFAULT '';
        ALTER TABLE projects ADD COLUMN awake INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE projects ADD COLUMN spared INTEGER NOT NULL DEFAULT 0;

        -- What operators chose, which outlives boots.
        CREATE TABLE choices (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

        INSERT INTO facts VALUES ('next_decision', 1);
        CREATE TABLE schedule_decisions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, at INTEGER NOT NULL,
            cause TEXT NOT NULL, strategy TEXT NOT NULL, project TEXT NOT NULL,
            change TEXT NOT NULL, reason TEXT NOT NULL, outcome TEXT NOT NULL
        ) STRICT;
        CREATE INDEX schedule_decisions_of_a_project ON schedule_decisions (project, id);
        CREATE TABLE schedule_samples (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, project TEXT NOT NULL,
            span INTEGER NOT NULL, cpu INTEGER NOT NULL, memory INTEGER NOT NULL,
            disk INTEGER NOT NULL, slots INTEGER NOT NULL, cpu_stall INTEGER NOT NULL,
            memory_stall INTEGER NOT NULL, io_stall INTEGER NOT NULL, kills INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX schedule_samples_by_time ON schedule_samples (at);

        PRAGMA user_version=3;
        """

    /// The audit trail: what was recorded, and up to where journald is known to have it.
    private static let fourth: StaticString = """
        CREATE TABLE audit_chain (
            number INTEGER PRIMARY KEY CHECK (number = 1), id TEXT NOT NULL
        ) STRICT;
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL, hash BLOB NOT NULL
        ) STRICT;
        -- Who is connected to what runs; gone when that is over.
        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, project TEXT NOT NULL,
            workload TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
            user INTEGER NOT NULL, opened_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX sessions_of_a_run ON sessions (run);

        PRAGMA user_version=4;
        """

    /// Recordings of sessions whose records are not written yet.
    private static let fifth: StaticString = """
        CREATE TABLE recordings (
            name TEXT PRIMARY KEY, session INTEGER NOT NULL, run INTEGER NOT NULL,
            project TEXT NOT NULL, workload TEXT NOT NULL, kind TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        PRAGMA user_version=5;
        """

    /// The version of the tables that `connection` has, 0 for none; nothing is written.
    static func version(
        of connection: Connection, known: Int = migrations.count
    ) throws(LedgerError) -> Int {
        let found = Int(try number(connection, "PRAGMA user_version"))
        let application = try number(connection, "PRAGMA application_id")
        let tables = try number(connection, "SELECT count(*) FROM sqlite_schema")
        let isEmpty = application == 0 && found == 0 && tables == 0
        if !isEmpty, application != Schema.application || found < 1 {
            throw .foreign(path: connection.path)
        }
        if found > known { throw .newer(path: connection.path, found: found, known: known) }
        return found
    }

    /// Goes from `version` to the last one, in one transaction.
    static func migrate(
        _ connection: Connection, from version: Int,
        by migrations: [StaticString] = Schema.migrations
    ) throws(LedgerError) {
        if version == migrations.count { return }
        try connection.transaction(.power) { () throws(LedgerError) in
            for migration in migrations[version...] { try connection.execute(migration) }
        }
    }

    private static func number(
        _ connection: Connection, _ sql: StaticString
    ) throws(LedgerError) -> Int64 {
        try connection.first(sql) { row in row.integer(0) } ?? 0
    }
}
