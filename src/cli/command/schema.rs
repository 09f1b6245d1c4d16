use crate::cli::args::SchemaArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::schemas;
use crate::diag::closest;
use crate::fs::{self, Access};

/// `flowops schema`
pub(super) fn run(args: &SchemaArgs, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(dir) = &args.dir {
        fs::create_dir(dir).map_err(|error| Failure::from_error(Exit::Failed, &error))?;
        for (name, text) in schemas::all() {
            let path = dir.join(format!("{name}.schema.json"));
            fs::write_atomically(&path, text.as_bytes(), Access::Everybody)
                .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
        }
        return Ok(Exit::Ok);
    }
    let asked = args.name.as_deref().unwrap_or_default();
    let plain = |name: &str| name.replace('-', "").to_lowercase();
    let all = schemas::all();
    if let Some((_, text)) = all.iter().find(|(name, _)| plain(name) == plain(asked)) {
        output.data(text);
        return Ok(Exit::Ok);
    }
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let help = closest(asked, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let help = help.unwrap_or_else(|| format!("the schemas are {}", names.join(", ")));
    Err(Failure::new(Exit::Usage, format!("there is no schema called `{asked}`")).help(help))
}
