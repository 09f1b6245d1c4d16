use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The run stops before its first write.
    Error,
    /// The run goes on; somebody should look.
    Warning,
    /// The run goes on; it is good to know.
    Note,
}

impl Severity {
    /// The word that is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($variant:ident = $id:literal, $severity:ident, $summary:literal, $about:literal;)*) => {
        /// Every finding's code. Public: a code is never reused and never changes its meaning.
        ///
        /// `M` codes come from the manifests alone, `L` codes from what they meet on the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $summary] $variant,)* }

        impl Code {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What is shown, such as `M010`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// How much it weighs.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What it means, in a few words that hold no name.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// Why it matters and what to do, for `flowops explain`.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

codes! {
    Syntax = "M001", Error, "the file is not YAML",
        "The parser stopped here, so nothing after this place was read. Usual causes: a missing space after a colon, a tab in the indentation, an unclosed quote or bracket, a text with `: ` in it that needs quotes.";
    DuplicateKey = "M002", Error, "a key stands twice in one mapping",
        "YAML forbids it, and tools that accept it keep either the first or the last value. Remove one of the two.";
    LimitExceeded = "M003", Error, "the file is over a limit",
        "A manifest may have 1 MiB, 32 levels, 50,000 nodes, 10,000 nodes made by aliases and 1,000 documents; a run may read 10,000 files of 64 MiB together. The limits keep a broken or hostile file from taking the machine. Split the file, or move long values into files of their own with `{fromFile: …}` or `{fromCsv: …}`.";
    Unreadable = "M004", Error, "the file cannot be read",
        "Only regular UTF-8 files are read; links, pipes and devices are not followed, and what Git LFS left in place of a file is not taken for it.";
    NotAManifest = "M005", Error, "the document is not a manifest",
        "Every document in a `.yaml` or `.yml` file under the given paths must begin with `apiVersion: flowops/v1` and a `kind`. Keep other YAML elsewhere.";
    UnknownKind = "M006", Error, "the kind is not known",
        "The kinds are Agent, SkillSet, AgentSet, ConnectorPack and Project.";
    NothingFound = "M007", Error, "there is no manifest under the given paths",
        "An empty input is never taken for an empty desired state. Check the path; only files that end in `.yaml` or `.yml` are read, and what begins with a dot is skipped.";
    UnknownField = "M010", Error, "the field is not known",
        "A field that flowops does not know would silently do nothing, so it is an error. Field names of a skill are the API's own; `flowops explain skill` lists them.";
    WrongType = "M011", Error, "the value has the wrong type",
        "A text that YAML reads as a number, such as a phone number or a postcode, needs quotes.";
    MissingField = "M012", Error, "a field is missing",
        "The manifest cannot be understood without it.";
    UnknownValue = "M013", Error, "the value is not one of those allowed",
        "The field takes one word of a short list, or a number or a text within limits.";
    BadName = "M014", Error, "the name cannot be one",
        "`metadata.name` takes a-z, 0-9 and inner hyphens, at most 63; a skill's name is one line of at most 200 characters without white space at its ends; an id takes letters, digits, `_` and `-`.";
    ServerOwned = "M015", Error, "the field belongs to the server",
        "`id`, `agentId`, `organizationId`, `createdAt`, `updatedAt` and `expectedLatencyMs` are set by the platform and change by themselves. Remove the field.";
    DeclaredTwice = "M020", Error, "the same thing is declared twice",
        "Two documents of one kind and name, two skills of one name on one agent (its SkillSets and recorded packs count), two rows of an AgentSet that make one agent, two agents that would be the same one on the server, or one agent with an id in its manifest and another one in `targets.NAME.agents`. Both places are shown. To change a field of a shared skill for one agent, use `overrides`.";
    UnknownReference = "M021", Error, "nothing has this name",
        "`use` names SkillSets, and `targets.NAME.agents` agents, by their `metadata.name`; an exception of an AgentSet names an agent that one of its rows makes; `defaultTarget` names a target. All manifests of the project must be given: a name may stand in one that is not.";
    UnknownVariable = "M022", Error, "the variable is not defined",
        "`${var.name}` takes a variable of the project or of the chosen target, from `flowops.yaml`. In the template of an AgentSet, `${row.column}` takes a column of its table. Write `$${` for a literal `${`.";
    OverrideOfNothing = "M023", Error, "the override changes nothing that the agent has",
        "`overrides` changes fields of a skill that comes from a SkillSet in `use`, or of a preset of a pack in `packs` that a ConnectorPack manifest records.";
    DeclaredAndAbsent = "M024", Error, "the skill is declared and absent at once",
        "A name in `absent` is deleted. Remove it from `absent`, or remove the skill.";
    RenameConflict = "M025", Error, "the rename cannot be done",
        "`was` names the skill's former name. It must not be the new name, the name of another declared skill that keeps it, or the `was` of a second skill.";
    NoMatchForTarget = "M026", Error, "the agent has no match for this target",
        "`match.byTarget` needs an entry for every target that the manifests are used with; or the target gives the agent's id itself, in `targets.NAME.agents`.";
    SideFile = "M027", Error, "the file beside the manifest cannot be used",
        "`fromFile` and `fromCsv` take a path relative to the manifest. The file must lie below the project root, be a regular UTF-8 file of at most 1 MiB, and no part of the path may be a link. In the CSV file of an AgentSet, every row has as many cells as the header.";
    Roster = "M028", Error, "the roster cannot be used",
        "A roster's CSV file begins with a header of `label`, `address` and `phone`, and perhaps `lat` and `lng`; every row has a value for the first two, and coordinates are numbers. In the manifest as in the file, a row has both coordinates or neither, `lat` from -90 to 90 and `lng` from -180 to 180.";
    SecondProject = "M029", Error, "there is more than one project",
        "A project has one `flowops.yaml` at its root, and the kind Project stands nowhere else.";
    ParametersSchema = "M030", Error, "the parameters are not an object schema",
        "The platform wants `{type: object, properties: {…}, required: […]}`: a JSON Schema with a `properties` map, not a bare map of names. Only what the agent collects from the caller belongs there.";
    MissingSetting = "M031", Error, "a setting that this type needs is missing",
        "`email` needs `to` and `subject`, `http_webhook` needs `url` in `executionConfig`.";
    UnknownSetting = "M032", Warning, "the setting is not known for this type",
        "The platform's documentation does not name this key for the skill's type. It is sent as it is; a mistyped key would silently do nothing.";
    UnknownWord = "M033", Warning, "the word is not known",
        "The API may add words to this list at any time, so the value is passed on. Check the spelling.";
    MadeByConnecting = "M034", Warning, "skills of this type are made by connecting a provider",
        "Calendar, Google Sheets and native skills come from a pack, a provision or a binding, and `mcp` is reserved; the platform's documentation shows no way to write one by hand.";
    RequiredDiffers = "M036", Warning, "two lists of required parameters differ",
        "`requiredParams` and `required` in `parametersSchema` both say what must be collected, and the platform's documentation does not say which one counts. State one of them, or the same names in both.";
    BadPattern = "M037", Error, "the pattern cannot be used",
        "`policy.protected` takes globs over `AGENT/SKILL`, such as `front-desk/Verify *`. A pattern that cannot be read would protect nothing.";
    UsualSetting = "M038", Warning, "a setting that this type usually has is missing",
        "The platform's documentation names `destination` for `transfer`, `sql_template` for `db_query`, `action` for `builtin` and `geo`, and what each action of `geo` works with, but does not mark them as required. Without it the skill most likely cannot do what it is for.";
    LiteralSecret = "M040", Error, "a secret stands in the manifest",
        "Git keeps it for ever and everybody with the repository has it. Rotate it, then refer to it: `{fromEnv: FLOWOPS_SECRET_…}` or `{fromFile: …}`. The value is not printed. It is found by the key it stands under, by the shape of a credential, or in settings by the look of randomness; what only looks so is let through by `policy.literals` in `flowops.yaml`, with an owner and a reason. This is a guard: the exit code is 6.";
    SecretNotAllowed = "M041", Error, "the variable may not be used as a secret",
        "Only names with an allowed prefix may be read, so that a manifest cannot send the CI's own tokens anywhere. `policy.secretPrefixes` in `flowops.yaml` lists them; the default is `FLOWOPS_SECRET_`.";
    SecretMisplaced = "M042", Error, "a secret may not stand here",
        "Secrets are allowed inside `executionConfig` and `errorHandling` only. Names and descriptions are shown to people and to models.";
    MaskedSecret = "M043", Error, "a mask stands where a secret belongs",
        "Somebody copied what the dashboard or an export shows in place of the value. Sent as it is, it would replace the real one. Refer to the value instead: `{fromEnv: FLOWOPS_SECRET_…}` or `{fromFile: …}`.";
    UnknownPlaceholder = "M044", Warning, "a placeholder names no parameter",
        "`{name}` in a setting stands for what the agent collected under that name: a property of `parametersSchema`, or one of `caller_info`, `caller_number`, `caller_name` and `verified`, which every call has. A name that is none of them most likely stays empty.";
    UnknownRequired = "M045", Warning, "a required parameter is not declared",
        "`requiredParams` and `required` in `parametersSchema` name properties of `parametersSchema`. The agent cannot be told how to collect one that is not there.";
    BadPhone = "M046", Warning, "the phone number has no E.164 form",
        "The platform saves a transfer's destination and a roster's phones in E.164: `+`, the country code and the number. It rewrites ten digits as a US number; what else has no `+` cannot be told apart from a mistake.";
    BadMailbox = "M047", Warning, "an entry is not an e-mail address",
        "`to` and `reply_to` of an `email` take addresses, separated by commas; an entry may be or hold a `{param}` that the agent collects.";
    BadUrl = "M048", Error, "the URL cannot be called",
        "`executionConfig.url` of an `http_webhook` is an absolute URL with `https:`. `{param}` may stand in it.";
    UnknownTimeZone = "M049", Warning, "the time zone is not known",
        "Time zones are named as in the IANA database, such as `America/Los_Angeles`. Abbreviations mean different hours in different places and seasons.";
    UnlikelyTimeout = "M050", Warning, "the timeout is not one that a caller can bear",
        "`timeout_ms` counts milliseconds. Below 100 seconds were most likely meant; above 30,000 the caller waits in silence for more than half a minute.";
    MentionOfNothing = "M051", Warning, "a text mentions a skill that the agent cannot use",
        "Descriptions tell the agent which skill to use when. One that was renamed, is deleted or is disabled cannot be used, and the agent may promise what it cannot do. Only what stands in quotes or backticks counts as a mention.";
    NamesAlike = "M052", Warning, "two names can hardly be told apart",
        "They are the same but for case, white space or punctuation, look the same though their letters differ, or are one letter apart. The agent, and whoever reads a plan, will take one for the other. Numbers make names different.";
    TimeoutsDiffer = "M053", Warning, "the same webhook has different timeouts",
        "The same URL is called with the same method in two places that wait for a different time, as when one of them was changed and the other forgotten. Both places are shown. Overrides do not count: they are meant to differ.";
    LiteralIdle = "M054", Warning, "an allowance for a literal lets nothing through",
        "`policy.literals` lets a value through that looks like a secret and is none. Nothing that would be held stands at this place: the skill may have got another name, the value may have become a reference, or the allowance was mistyped. Remove it, or correct it.";
    DoubtfulUrl = "M055", Warning, "the URL is one that the platform can hardly call safely",
        "`http:` shows the caller's data to everybody on the way; a private or loopback host cannot be reached from outside; a user name or a fragment is not sent as it stands there.";
    UnknownAction = "M060", Warning, "the action is not one of those that are recorded",
        "`provision` names a provider's actions by the platform's own words, and the record of that provider holds one that is spelled almost like this. If it is another action, `flowops apply --record-packs` records it once it is there.";
    RosterRepeats = "M063", Warning, "two rows of the roster may be the same place",
        "Two rows have the same label, or the same address; letter case does not count. A caller who is told the one may be given the phone of the other. If they are two places, give them labels by which a caller can tell them apart.";
    RosterPlaceDiffers = "M064", Warning, "one address has two pairs of coordinates",
        "The same address stands in two rows with different `lat` and `lng`, and at most one of them is right. Correct it, or state none and let the addresses decide.";
    EmptyRoster = "M065", Warning, "the roster is empty",
        "The skill would find no place for any caller. If there are no places any more, remove the skill, or name it in `absent`.";
    IdleColumn = "M070", Warning, "nothing uses a column",
        "A column of an AgentSet is mentioned in its template as `${row.column}`. One that is mentioned nowhere makes no difference to any agent: it may be misspelled in the template, or left over.";
    BaseNotValid = "B001", Warning, "the manifests of the base revision are not valid",
        "One of them has an error or cannot be read, so what they asked for then cannot be told, and neither can what they protected: every difference has the cause `unknown`, and nothing is deleted. Choose another base revision, such as the last one that was applied.";
    NothingPruned = "B002", Note, "what was removed is not known without a base revision",
        "`prune: removed` deletes what the manifests declared at the base revision and no longer do. Without `--since` nothing is known of that, and nothing is pruned.";
    BaseUnknown = "B003", Warning, "the base revision does not tell what was asked for",
        "It holds no manifest under the given paths, as when a folder was moved, or does not know the target, or part of it lies in a submodule or in Git LFS, or it cannot be told whether it comes before what is here. Every difference has the cause `unknown`, and nothing is deleted, since what was protected then is not known.";
    IgnoreExpired = "P001", Warning, "an ignore rule has expired",
        "What it left to others is compared and written again. Remove the rule, or have its owner give it another day.";
    IgnoreIdle = "P002", Warning, "an ignore rule leaves nothing to others",
        "No manifest declares the field of a skill that the address matches, by its name or by its former one. The skill may have got another name, or the rule was mistyped; either way it does nothing, and what it should leave to others is written.";
    AgentNotFound = "L001", Error, "the agent is not on the server",
        "Agents are never created. Check the name in `match` (it is compared exactly) and that the key belongs to the right organization.";
    AgentAmbiguous = "L002", Error, "more than one agent has this name",
        "Names need not be unique on the server. Match by id: `match: {id: …}`.";
    SkillAmbiguous = "L003", Error, "more than one live skill has this name",
        "flowops never picks one. Remove or rename one of them in the dashboard; both ids are shown.";
    ListingUnproven = "L004", Error, "a listing could not be proved complete",
        "What is missing from a cut list would look like something to create. Nothing is written on the strength of it. This is a guard: the exit code is 6.";
    PackNotRecorded = "L005", Warning, "what the pack installs is not recorded",
        "The API cannot be asked what a pack holds. Without a ConnectorPack manifest of that kind, flowops installs it only on an agent whose live skills are all declared, and takes it for installed otherwise. `flowops apply --record-packs` records what it installs; by hand, it is kind ConnectorPack with `spec.kind` and `spec.skills`.";
    HeadersUnreadable = "L006", Note, "headers cannot be read back",
        "No skill on the server shows any headers, so a difference in them cannot be seen. They are sent whenever something else in the same `executionConfig` changes.";
    SameLiveAgent = "L007", Error, "two manifests mean the same live agent",
        "One agent has one manifest. Both places are shown.";
    LooksRenamed = "L008", Warning, "a new skill looks like one that is there under another name",
        "If it was renamed, say `was:` with its former name: then it is changed and keeps its id, and what refers to it. If it is another one, nothing needs to be done.";
    GivenUpAmbiguous = "L009", Warning, "more than one agent has the name of one that was given up",
        "The manifests no longer declare the agent, and what it had would go; but names need not be unique on the server, and which of them it was cannot be told. Nothing of any of them is deleted, and everything else goes on.";
    WindowWithoutHours = "L010", Warning, "the skill waits for business hours that the agent does not have",
        "`availabilityWindow` is `open` or `closed`, and the server says that the agent has no business hours, so nothing says when that is. Set them in the dashboard, or make the skill available at all times.";
    ActionNotRecorded = "L011", Warning, "what the action makes is not recorded",
        "Which skill an action of a provider makes is known only once it is there. Without a record, flowops provisions it only on an agent whose live skills are all declared, and takes it for provisioned otherwise. `flowops apply --record-packs` records what it provisions; by hand, it is kind ConnectorPack with `spec.kind` and `spec.actions`.";
    BreakingParameters = "L020", Warning, "a change of parameters breaks",
        "A parameter is removed, renamed, becomes required or takes less than before: what was a good call is none now, or no longer says what it said. Prompts, playbooks and whatever stands behind the skill must change with it. Adding an optional parameter breaks nothing; so a rename is safest in two steps.";
    Unheard = "L021", Note, "callers keep hearing the published version",
        "Every change of a skill edits the agent's draft; calls and chats get the version that was published last, until somebody publishes again. flowops publishes only where the manifest says `publish: onChange`.";
}

impl Code {
    /// Reads what is shown, in any case.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(text))
    }

    /// Whether it is a guard: it blocks a run that would otherwise be possible, and has an exit code of its own.
    pub const fn is_guard(self) -> bool {
        matches!(self, Self::LiteralSecret | Self::ListingUnproven)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
