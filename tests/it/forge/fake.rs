//! A forge of our own: `answer(&mut Store, request) -> reply` for the three families, and what can go wrong with them.
//!
//! [`Line`] asks it in this process, [`Served`] on a port, for the binary. Its account `BOT` is whose [`TOKEN`] it is; it
//! may edit everything, so that whatever should have been left alone can be seen to have been touched.

mod gitea;
mod github;
mod gitlab;
mod line;
mod served;

use flowops::forge::Family;
use serde_json::{Value as Json, json};

pub(crate) use line::Line;
pub(crate) use served::Served;

/// A token that the forge takes, and that must never come out.
pub(crate) const TOKEN: &str = "ghs_SENTINEL-forge-token-77e1c02";

/// The account of the token.
pub(crate) const BOT: i64 = 41;
/// A person.
pub(crate) const ANNA: i64 = 7;
/// A person whose login is the bot's without `[bot]`.
pub(crate) const NAMESAKE: i64 = 8;

/// The pull request that is there from the beginning.
pub(crate) const PULL: u64 = 12;
/// Its head.
pub(crate) const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Another commit.
pub(crate) const OTHER: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// The commit that merged it, once it is merged.
pub(crate) const MERGE: &str = "cccccccccccccccccccccccccccccccccccccccc";

/// A request as it came, below the base URL.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) token: Option<String>,
    pub(crate) body: Json,
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Json(u16, Json),
    /// Whatever this is, it is not JSON of the API.
    Other(u16, &'static str, String),
    /// The connection breaks.
    Lost,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) login: String,
    /// `Bot` or `User`, as GitHub calls them.
    pub(crate) sort: &'static str,
    pub(crate) token: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: i64,
    pub(crate) body: String,
    pub(crate) is_hidden: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) head: String,
    /// The commit that merged it.
    pub(crate) merge: Option<String>,
    pub(crate) comments: Vec<Comment>,
}

#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) number: u64,
    pub(crate) author: i64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<String>,
    pub(crate) is_open: bool,
    pub(crate) is_locked: bool,
    pub(crate) comments: Vec<Comment>,
}

/// Which requests something goes wrong with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct On {
    pub(crate) method: &'static str,
    /// Stands in the path, or in the body.
    pub(crate) part: &'static str,
    /// The how many-th of them, from 1; 0 for each.
    pub(crate) nth: usize,
}

/// What goes wrong.
pub(crate) enum What {
    /// It is not done.
    Answers(Reply),
    /// It is done, and this comes back.
    DoneBut(Reply),
    /// Something happens right before it.
    Before(Box<dyn FnMut(&mut Store) + Send>),
}

struct Fault {
    on: On,
    what: What,
    met: usize,
}

/// The forge.
pub(crate) struct Store {
    pub(crate) family: Family,
    pub(crate) users: Vec<User>,
    pub(crate) pulls: Vec<Pull>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) labels: Vec<String>,
    /// Items on a page, whatever is asked for.
    pub(crate) page: usize,
    /// Whether it says whose token it is.
    pub(crate) tells_viewer: bool,
    /// Every page is full of something new.
    pub(crate) is_endless: bool,
    /// All requests so far.
    pub(crate) log: Vec<Asked>,
    next: u64,
    faults: Vec<Fault>,
}

impl Store {
    /// With a bot, two persons, and an open pull request in `acme/agents`.
    pub(crate) fn new(family: Family) -> Self {
        let user = |id, login: &str, sort, token: Option<&str>| User {
            id,
            login: login.into(),
            sort,
            token: token.map(Into::into),
        };
        Self {
            family,
            users: vec![
                user(BOT, "github-actions[bot]", "Bot", Some(TOKEN)),
                user(ANNA, "anna", "User", None),
                user(NAMESAKE, "github-actions", "User", None),
            ],
            pulls: vec![Pull { number: PULL, head: HEAD.to_owned(), merge: None, comments: Vec::new() }],
            issues: Vec::new(),
            labels: vec!["bug".to_owned()],
            page: 30,
            tells_viewer: true,
            is_endless: false,
            log: Vec::new(),
            next: 1000,
            faults: Vec::new(),
        }
    }

    /// What goes into `--repository`.
    pub(crate) fn repository(&self) -> &'static str {
        match self.family {
            Family::GitHub | Family::Gitea => "acme/agents",
            Family::GitLab => "42",
        }
    }

    pub(crate) fn fault(&mut self, method: &'static str, part: &'static str, nth: usize, what: What) {
        self.faults.push(Fault { on: On { method, part, nth }, what, met: 0 });
    }

    pub(crate) fn pull(&mut self) -> &mut Pull {
        &mut self.pulls[0]
    }

    /// Merges the pull request, as [`MERGE`].
    pub(crate) fn merge(&mut self) {
        self.pull().merge = Some(MERGE.to_owned());
    }

    /// Somebody comments on the pull request.
    pub(crate) fn comment(&mut self, author: i64, body: &str) -> u64 {
        let id = self.id();
        self.pull().comments.push(Comment { id, author, body: body.to_owned(), is_hidden: false });
        id
    }

    /// Somebody opens an issue.
    pub(crate) fn issue(&mut self, author: i64, title: &str, body: &str) -> u64 {
        let number = self.id();
        let (title, body, labels) = (title.to_owned(), body.to_owned(), Vec::new());
        let comments = Vec::new();
        self.issues.push(Issue { number, author, title, body, labels, is_open: true, is_locked: false, comments });
        number
    }

    /// The bodies of the comments of an account that are not hidden.
    pub(crate) fn said(&self, author: i64) -> Vec<&str> {
        let comments = self.pulls[0].comments.iter();
        comments.filter(|said| said.author == author && !said.is_hidden).map(|said| said.body.as_str()).collect()
    }

    /// The requests that were no reads.
    pub(crate) fn writes(&self) -> Vec<&Asked> {
        let is_write = |asked: &&Asked| {
            asked.method != "GET" && !asked.body["query"].as_str().is_some_and(|query| query.starts_with("query"))
        };
        self.log.iter().filter(is_write).collect()
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn user(&self, id: i64) -> &User {
        self.users.iter().find(|user| user.id == id).unwrap()
    }

    fn commented(&mut self, number: u64) -> Option<&mut Vec<Comment>> {
        if let Some(pull) = self.pulls.iter_mut().find(|pull| pull.number == number) {
            return Some(&mut pull.comments);
        }
        Some(&mut self.issues.iter_mut().find(|issue| issue.number == number)?.comments)
    }

    fn comment_of(&mut self, id: u64) -> Option<&mut Comment> {
        let issues = self.issues.iter_mut().flat_map(|issue| issue.comments.iter_mut());
        self.pulls.iter_mut().flat_map(|pull| pull.comments.iter_mut()).chain(issues).find(|comment| comment.id == id)
    }

    fn remove_comment(&mut self, id: u64) -> bool {
        let before = self.comment_of(id).is_some();
        for pull in &mut self.pulls {
            pull.comments.retain(|comment| comment.id != id);
        }
        before
    }

    /// Adds a comment for whoever asks; on a locked issue nobody may.
    fn add_comment(&mut self, author: i64, number: u64, body: &Json) -> Option<Result<u64, ()>> {
        if self.issues.iter().any(|issue| issue.number == number && issue.is_locked) {
            return Some(Err(()));
        }
        let id = self.id();
        let body = body.as_str().unwrap().to_owned();
        self.commented(number)?.push(Comment { id, author, body, is_hidden: false });
        Some(Ok(id))
    }

    /// A page of some items.
    fn paged(&self, asked: &Asked, size: &str, items: Vec<Json>) -> Reply {
        let number = |name: &str| asked.query("page").filter(|_| name == "page").or_else(|| asked.query(name));
        let page: usize = number("page").map_or(1, |page| page.parse().unwrap());
        let size: usize = number(size).map_or(30, |size| size.parse().unwrap()).min(self.page);
        Reply::Json(200, items.into_iter().skip((page - 1) * size).take(size).collect())
    }
}

impl Asked {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A text of the body.
    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap().to_owned()
    }

    fn page(&self) -> u64 {
        self.query("page").map_or(1, |page| page.parse().unwrap())
    }

    /// The segments of the path, and the method before them.
    fn route(&self) -> Vec<&str> {
        std::iter::once(self.method.as_str()).chain(self.path.split('/').skip(1)).collect()
    }

    fn meets(&self, on: On) -> bool {
        self.method == on.method && (self.path.contains(on.part) || self.body.to_string().contains(on.part))
    }
}

pub(crate) fn refusal(status: u16, message: &str) -> Reply {
    Reply::Json(status, json!({ "message": message }))
}

/// What the forge answers.
pub(crate) fn answer(store: &mut Store, asked: &Asked) -> Reply {
    store.log.push(asked.clone());
    let mut faults = std::mem::take(&mut store.faults);
    let mut reply = None;
    for Fault { on, what, met } in &mut faults {
        if !asked.meets(*on) {
            continue;
        }
        *met += 1;
        if on.nth != 0 && on.nth != *met {
            continue;
        }
        match what {
            What::Before(happens) => happens(store),
            What::Answers(instead) => reply = Some(instead.clone()),
            What::DoneBut(instead) => {
                let _done = dispatch(store, asked);
                reply = Some(instead.clone());
            }
        }
    }
    faults.append(&mut store.faults);
    store.faults = faults;
    reply.unwrap_or_else(|| dispatch(store, asked))
}

fn dispatch(store: &mut Store, asked: &Asked) -> Reply {
    let user = store.users.iter().find(|user| user.token.is_some() && user.token == asked.token);
    let Some(user) = user.map(|user| user.id) else { return refusal(401, "Bad credentials") };
    let answered = match store.family {
        Family::GitHub => github::answer(store, asked, user),
        Family::Gitea => gitea::answer(store, asked, user),
        Family::GitLab => gitlab::answer(store, asked, user),
    };
    answered.unwrap_or_else(|| refusal(404, "Not Found"))
}
