use super::SkillName;

/// Reads what stands after `AGENT/`: a skill's name, and perhaps the keys that lead to a place in it, with `/` between them,
/// or with `.` where none of them holds a `/`. `None` if no name fits.
///
/// A skill's name may hold slashes itself, so the names that there are decide: the longest that fits.
pub fn skill_and_keys<'n>(
    text: &str,
    names: impl IntoIterator<Item = &'n SkillName>,
) -> Option<(&'n SkillName, Vec<String>)> {
    let is_meant = |name: &&SkillName| {
        text.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let skill = names.into_iter().filter(is_meant).max_by_key(|name| name.as_str().len())?;
    let place = text.strip_prefix(skill.as_str()).unwrap_or_default().trim_start_matches('/');
    let separator = if place.contains('/') { '/' } else { '.' };
    Some((skill, place.split(separator).filter(|key| !key.is_empty()).map(str::to_owned).collect()))
}
