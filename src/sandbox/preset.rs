//! The providers and what they bring: a connector pack of preset skills, and actions to choose from.
//!
//! The platform does not say what its packs hold; these are inventions of the same kind.

use serde_json::{Map, Value as Json, json};

use crate::model::{Field, ProviderKind};

/// A provider in the catalog.
#[derive(Debug)]
pub(super) struct Provider {
    /// Its word in paths.
    pub(super) kind: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) category: &'static str,
    /// A sentence about it.
    pub(super) blurb: &'static str,
    /// Whether its presets are actions too, which may be added one by one.
    actions: Actions,
    /// What its pack installs.
    pub(super) presets: &'static [Preset],
}

#[derive(Debug, Clone, Copy)]
enum Actions {
    Same,
    None,
}

/// A skill that a pack installs.
#[derive(Debug)]
pub(super) struct Preset {
    /// The action's word.
    pub(super) slug: &'static str,
    /// The skill's name.
    pub(super) name: &'static str,
    skill_type: &'static str,
    description: &'static str,
    effect: Effect,
    arrives: Arrives,
    /// What is collected from the caller.
    parameters: &'static [Parameter],
    /// The operator's settings.
    settings: &'static [(&'static str, &'static str)],
}

/// Whether a preset changes data at the provider.
#[derive(Debug, Clone, Copy)]
enum Effect {
    Reads,
    Writes,
}

/// Whether a preset waits for an operator's settings.
#[derive(Debug, Clone, Copy)]
enum Arrives {
    Enabled,
    Disabled,
}

/// Name, type, description, whether it is required.
type Parameter = (&'static str, &'static str, &'static str, bool);

impl Provider {
    /// What may be added one by one.
    pub(super) fn actions(&self) -> &'static [Preset] {
        match self.actions {
            Actions::Same => self.presets,
            Actions::None => &[],
        }
    }

    /// By what the platform knows a preset again, whatever its name has become.
    pub(super) fn key(&self, preset: &Preset) -> String {
        format!("{}/{}", self.kind, preset.slug)
    }
}

impl Preset {
    /// The skill as it arrives.
    pub(super) fn fields(&self) -> Map<String, Json> {
        let Self { slug: _, name, skill_type, description, effect, arrives, parameters, settings } = self;
        let writes = matches!(effect, Effect::Writes);
        let properties: Map<_, _> = parameters
            .iter()
            .map(|(name, kind, about, _)| ((*name).to_owned(), json!({ "type": kind, "description": about })))
            .collect();
        let required: Vec<&str> =
            parameters.iter().filter(|(.., required)| *required).map(|(name, ..)| *name).collect();
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), json!(value)));
        let fields = [
            (Field::Description, json!(description)),
            (Field::SkillType, json!(skill_type)),
            (Field::ParametersSchema, json!({ "type": "object", "properties": properties, "required": required })),
            (Field::ExecutionConfig, Json::Object(settings.collect())),
            (Field::IsWrite, json!(writes)),
            (Field::RequiresConfirmation, json!(writes)),
            (Field::NonParallelizable, json!(writes)),
            (Field::IsEnabled, json!(matches!(arrives, Arrives::Enabled))),
        ];
        let name = ("name".to_owned(), json!(name));
        [name].into_iter().chain(fields.into_iter().map(|(field, value)| (field.key().to_owned(), value))).collect()
    }
}

/// The provider of a kind.
pub(super) fn provider(kind: &ProviderKind) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.kind == kind.as_str())
}

const WHEN: Parameter = ("start_time", "string", "When it begins, as an ISO 8601 date and time", true);
const DATE: Parameter = ("date", "string", "The day, as an ISO 8601 date", true);
const NAME: Parameter = ("customer_name", "string", "The caller's full name", true);
const PHONE: Parameter = ("customer_phone", "string", "The caller's phone number", true);
const EMAIL: Parameter = ("customer_email", "string", "The caller's e-mail address", false);
const BOOKING: Parameter = ("booking_reference", "string", "The reference of the appointment", true);
const PARTY: Parameter = ("party_size", "number", "How many guests", true);
const ORDER: Parameter = ("order_number", "string", "The order's number", true);
const SERVICE: Parameter = ("service", "string", "The service that the caller wants", true);

/// Every provider that the platform names, in its order.
pub(super) static PROVIDERS: [Provider; 9] = [
    Provider {
        kind: "google_calendar",
        name: "Google Calendar",
        category: "Scheduling",
        blurb: "Checks availability and books appointments in a calendar.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "check_availability",
                name: "Check availability",
                skill_type: "calendar",
                description: "Finds free times in the calendar. Use it before an appointment is offered.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[DATE],
                settings: &[("provider", "google_calendar"), ("operation", "check_availability")],
            },
            Preset {
                slug: "book_appointment",
                name: "Book appointment",
                skill_type: "calendar",
                description: "Books a free time in the calendar for the caller.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[WHEN, NAME, PHONE, EMAIL],
                settings: &[("provider", "google_calendar"), ("operation", "book_appointment")],
            },
            Preset {
                slug: "reschedule_appointment",
                name: "Reschedule appointment",
                skill_type: "calendar",
                description: "Moves an appointment to another free time.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[BOOKING, WHEN],
                settings: &[("provider", "google_calendar"), ("operation", "reschedule_appointment")],
            },
            Preset {
                slug: "cancel_appointment",
                name: "Cancel appointment",
                skill_type: "calendar",
                description: "Cancels an appointment that the caller has.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[BOOKING],
                settings: &[("provider", "google_calendar"), ("operation", "cancel_appointment")],
            },
        ],
    },
    Provider {
        kind: "google_sheets",
        name: "Google Sheets",
        category: "Spreadsheets",
        blurb: "Reads and adds rows of a spreadsheet.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "append_row",
                name: "Append row",
                skill_type: "google_sheets",
                description: "Adds what the caller said as a row of the spreadsheet.",
                effect: Effect::Writes,
                arrives: Arrives::Disabled,
                parameters: &[NAME, PHONE],
                settings: &[("provider", "google_sheets"), ("operation", "append_row")],
            },
            Preset {
                slug: "look_up_row",
                name: "Look up row",
                skill_type: "google_sheets",
                description: "Finds a row of the spreadsheet by its first column.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[("key", "string", "What stands in the first column", true)],
                settings: &[("provider", "google_sheets"), ("operation", "look_up_row")],
            },
        ],
    },
    Provider {
        kind: "calendly",
        name: "Calendly",
        category: "Scheduling",
        blurb: "Offers open slots and sends booking links.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "list_open_slots",
                name: "List open slots",
                skill_type: "calendar",
                description: "Lists the times that can still be booked on a day.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[DATE],
                settings: &[("provider", "calendly"), ("operation", "list_open_slots")],
            },
            Preset {
                slug: "create_booking_link",
                name: "Create booking link",
                skill_type: "calendar",
                description: "Makes a link with which the caller can book once.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[NAME, EMAIL],
                settings: &[("provider", "calendly"), ("operation", "create_booking_link")],
            },
        ],
    },
    Provider {
        kind: "hubspot",
        name: "HubSpot",
        category: "CRM",
        blurb: "Knows the caller and keeps notes of the call.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "look_up_contact",
                name: "Look up contact",
                skill_type: "crm",
                description: "Finds the caller among the contacts by phone number.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[PHONE],
                settings: &[("provider", "hubspot"), ("operation", "look_up_contact")],
            },
            Preset {
                slug: "create_contact",
                name: "Create contact",
                skill_type: "crm",
                description: "Adds the caller to the contacts.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[NAME, PHONE, EMAIL],
                settings: &[("provider", "hubspot"), ("operation", "create_contact")],
            },
            Preset {
                slug: "log_call_note",
                name: "Log call note",
                skill_type: "crm",
                description: "Adds a note about the call to the caller's contact.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[PHONE, ("note", "string", "What the call was about", true)],
                settings: &[("provider", "hubspot"), ("operation", "log_call_note")],
            },
        ],
    },
    Provider {
        kind: "square",
        name: "Square",
        category: "Bookings",
        blurb: "Finds and books slots for services.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "find_service_slot",
                name: "Find service slot",
                skill_type: "native_rest",
                description: "Finds free slots for a service on a day.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[SERVICE, DATE],
                settings: &[("provider", "square"), ("operation", "bookings.search_availability")],
            },
            Preset {
                slug: "book_service",
                name: "Book service",
                skill_type: "native_rest",
                description: "Books a slot for a service.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[SERVICE, WHEN, NAME, PHONE],
                settings: &[("provider", "square"), ("operation", "bookings.create")],
            },
        ],
    },
    Provider {
        kind: "opentable",
        name: "OpenTable",
        category: "Restaurants",
        blurb: "Checks and reserves tables.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "check_table_availability",
                name: "Check table availability",
                skill_type: "native_rest",
                description: "Finds out whether a table is free for a party.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[WHEN, PARTY],
                settings: &[("provider", "opentable"), ("operation", "availability.search")],
            },
            Preset {
                slug: "reserve_table",
                name: "Reserve table",
                skill_type: "native_rest",
                description: "Reserves a table for a party.",
                effect: Effect::Writes,
                arrives: Arrives::Enabled,
                parameters: &[WHEN, PARTY, NAME, PHONE],
                settings: &[("provider", "opentable"), ("operation", "reservations.create")],
            },
        ],
    },
    Provider {
        kind: "shopify",
        name: "Shopify",
        category: "Commerce",
        blurb: "Answers questions about orders and products.",
        actions: Actions::Same,
        presets: &[
            Preset {
                slug: "lookup_order",
                name: "Look up order",
                skill_type: "native_graphql",
                description: "Tells where an order is.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[ORDER, EMAIL],
                settings: &[("provider", "shopify"), ("operation", "orders.lookup")],
            },
            Preset {
                slug: "check_product_stock",
                name: "Check product stock",
                skill_type: "native_graphql",
                description: "Tells whether a product is in stock.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[("product", "string", "The product's name", true)],
                settings: &[("provider", "shopify"), ("operation", "products.stock")],
            },
            Preset {
                slug: "request_return",
                name: "Request return",
                skill_type: "native_graphql",
                description: "Asks for the return of an order.",
                effect: Effect::Writes,
                arrives: Arrives::Disabled,
                parameters: &[ORDER, ("reason", "string", "Why it is returned", true)],
                settings: &[("provider", "shopify"), ("operation", "returns.request")],
            },
        ],
    },
    Provider {
        kind: "postgres",
        name: "PostgreSQL",
        category: "Databases",
        blurb: "Looks up and inserts records of a PostgreSQL database.",
        actions: Actions::None,
        presets: &[
            Preset {
                slug: "look_up_record",
                name: "Look up Postgres record",
                skill_type: "native_sql",
                description: "Finds the caller's record in the database.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[PHONE],
                settings: &[("provider", "postgres"), ("operation", "select_one")],
            },
            Preset {
                slug: "insert_record",
                name: "Insert Postgres record",
                skill_type: "native_sql",
                description: "Adds a record for the caller to the database.",
                effect: Effect::Writes,
                arrives: Arrives::Disabled,
                parameters: &[NAME, PHONE],
                settings: &[("provider", "postgres"), ("operation", "insert_one")],
            },
        ],
    },
    Provider {
        kind: "mysql",
        name: "MySQL",
        category: "Databases",
        blurb: "Looks up and inserts records of a MySQL database.",
        actions: Actions::None,
        presets: &[
            Preset {
                slug: "look_up_record",
                name: "Look up MySQL record",
                skill_type: "native_sql",
                description: "Finds the caller's record in the database.",
                effect: Effect::Reads,
                arrives: Arrives::Enabled,
                parameters: &[PHONE],
                settings: &[("provider", "mysql"), ("operation", "select_one")],
            },
            Preset {
                slug: "insert_record",
                name: "Insert MySQL record",
                skill_type: "native_sql",
                description: "Adds a record for the caller to the database.",
                effect: Effect::Writes,
                arrives: Arrives::Disabled,
                parameters: &[NAME, PHONE],
                settings: &[("provider", "mysql"), ("operation", "insert_one")],
            },
        ],
    },
];
