use std::fmt;

/// Declares an enum that the API may extend: a word that is not known is kept as it came.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A word that this version does not know.
            Other(String),
        }

        impl $name {
            /// Every word that this version knows, as the API spells it.
            pub const KNOWN: &'static [&'static str] = &[$($text),*];

            /// Reads the API's spelling; never fails.
            pub fn read(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The API's spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_enum! {
    /// What a skill does when it is called (OpenAPI `SkillType_enum`).
    SkillType {
        /// Runs a query template.
        DbQuery = "db_query",
        /// Posts the parameters to a URL.
        HttpWebhook = "http_webhook",
        /// Hands the call to a phone number.
        Transfer = "transfer",
        /// Sends a text message.
        Sms = "sms",
        /// Sends an e-mail.
        Email = "email",
        /// Made by connecting a calendar.
        Calendar = "calendar",
        /// Made by connecting Google Sheets.
        GoogleSheets = "google_sheets",
        /// Works on a CRM.
        Crm = "crm",
        /// Reserved for a later gateway.
        Mcp = "mcp",
        /// Starts a playbook.
        Playbook = "playbook",
        /// Asks the knowledge base.
        KnowledgeQuery = "knowledge_query",
        /// Ends the call, takes a message or repeats.
        Builtin = "builtin",
        /// Checks a service area or finds the nearest location.
        Geo = "geo",
        /// Made by a binding.
        NativeGraphql = "native_graphql",
        /// Made by a binding.
        NativeRest = "native_rest",
        /// Made by a binding.
        NativeSql = "native_sql",
    }
}

open_enum! {
    /// A provider whose connector pack can be installed (OpenAPI `IntegrationKind`).
    ProviderKind {
        /// Google Calendar.
        GoogleCalendar = "google_calendar",
        /// Google Sheets.
        GoogleSheets = "google_sheets",
        /// Calendly.
        Calendly = "calendly",
        /// HubSpot.
        Hubspot = "hubspot",
        /// Square.
        Square = "square",
        /// OpenTable.
        Opentable = "opentable",
        /// Shopify.
        Shopify = "shopify",
        /// PostgreSQL.
        Postgres = "postgres",
        /// MySQL.
        Mysql = "mysql",
    }
}

open_enum! {
    /// Where a skill may be used (OpenAPI `Channel`, an open enum by its own words).
    Channel {
        /// Phone calls.
        Voice = "voice",
        /// Chats.
        Chat = "chat",
    }
}

impl ProviderKind {
    /// Whether the word can stand in a path: an unknown provider is passed on, but only as one plain segment.
    pub fn is_addressable(&self) -> bool {
        let text = self.as_str();
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }

    /// Whether the platform speaks of it and may not offer it yet: such a provider is not in the catalog then, and its
    /// routes answer 403.
    pub const fn may_be_reserved(&self) -> bool {
        match self {
            Self::Calendly | Self::Hubspot | Self::Square | Self::Opentable => true,
            Self::GoogleCalendar
            | Self::GoogleSheets
            | Self::Shopify
            | Self::Postgres
            | Self::Mysql
            | Self::Other(_) => false,
        }
    }
}

/// When an agent is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Publish {
    /// A person does it; live calls keep the published version until then.
    #[default]
    Never,
    /// Whenever the draft differs from the published version, once, after all other steps of the agent.
    OnChange,
}
