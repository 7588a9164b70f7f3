//! Consumer groups of a subscription.

use serde_json::{Value, json};

use super::paging::Page;
use super::{
    job::wrong_state,
    model::{ConsumerGroup, Job, Password, Status},
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
    subscription::of_subscription,
};

/// Characters of a name, at most.
const LONGEST_NAME: usize = 128;
/// Characters of an account, at most.
const LONGEST_USER: usize = 16;

/// The place of the subscription that a call names.
fn find(state: &State, params: &Params) -> Result<usize, Refusal> {
    params.required("RegionId")?;
    let index = state.find(params, "DtsInstanceId")?;
    of_subscription(&state.jobs[index])?;
    Ok(index)
}

/// Groups change only while the subscription can be consumed.
fn consumable(job: &Job) -> Result<(), Refusal> {
    if job.status == Status::Normal && job.passing.is_none() {
        Ok(())
    } else {
        Err(wrong_state(job, "given other consumer groups"))
    }
}

fn check_name(params: &Params) -> Result<Option<&str>, Refusal> {
    let name = params.text("ConsumerGroupName");
    if name.is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        return Err(Refusal::invalid(
            "ConsumerGroupName",
            &format!("at most {LONGEST_NAME} characters are allowed"),
        ));
    }
    Ok(name)
}

fn check_user(params: &Params) -> Result<Option<&str>, Refusal> {
    let user = params.text("ConsumerGroupUserName");
    let fits = |user: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        user.len() <= LONGEST_USER && user.chars().all(plain)
    };
    if !user.is_none_or(fits) {
        return Err(Refusal::invalid(
            "ConsumerGroupUserName",
            &format!("at most {LONGEST_USER} letters, digits and _ are allowed"),
        ));
    }
    Ok(user)
}

fn check_password(params: &Params) -> Result<Option<&str>, Refusal> {
    let password = params.text("ConsumerGroupPassword");
    let kinds: [fn(&char) -> bool; 4] = [
        char::is_ascii_uppercase,
        char::is_ascii_lowercase,
        char::is_ascii_digit,
        |letter| !letter.is_ascii_alphanumeric(),
    ];
    let fits = |password: &str| {
        let used = kinds
            .iter()
            .filter(|kind| password.chars().any(|letter| kind(&letter)));
        (8..=32).contains(&password.chars().count()) && used.count() >= 2
    };
    if !password.is_none_or(fits) {
        return Err(Refusal::invalid(
            "ConsumerGroupPassword",
            "8 to 32 characters of two kinds (upper case, lower case, digits, others) are needed",
        ));
    }
    Ok(password)
}

fn taken(job: &Job, name: &str, but: Option<&str>) -> Result<(), Refusal> {
    let other = |group: &&ConsumerGroup| group.name == name && Some(group.id.as_str()) != but;
    match job.groups.iter().find(other) {
        Some(_) => Err(Refusal::invalid(
            "ConsumerGroupName",
            "the subscription has a consumer group of this name",
        )),
        None => Ok(()),
    }
}

/// CreateConsumerChannel.
pub(crate) fn create(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    for name in [
        "ConsumerGroupName",
        "ConsumerGroupUserName",
        "ConsumerGroupPassword",
    ] {
        params.required(name)?;
    }
    let name = check_name(params)?.unwrap_or_default().to_owned();
    let user = check_user(params)?.unwrap_or_default().to_owned();
    let password = check_password(params)?.unwrap_or_default().to_owned();
    let index = find(state, params)?;
    let id = format!("dts{}", state.ids.job());
    let job = &mut state.jobs[index];
    consumable(job)?;
    taken(job, &name, None)?;
    job.groups.push(ConsumerGroup {
        id: id.clone(),
        name,
        user,
        password: Password(password),
    });
    // This reply alone spells its member so.
    Ok(reply::body(json!({"ConsumerGroupID": id})))
}

fn place(job: &Job, params: &Params) -> Result<usize, Refusal> {
    let id = params.required("ConsumerGroupId")?;
    let place = job.groups.iter().position(|group| group.id == id);
    place.ok_or_else(|| {
        Refusal::invalid(
            "ConsumerGroupId",
            &format!("the subscription has no consumer group {id}"),
        )
    })
}

/// ModifyConsumerChannel: name, account and password; what is not given stays.
pub(crate) fn modify(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("ConsumerGroupId")?;
    let (name, user, password) = (check_name(params)?, check_user(params)?, check_password(params)?);
    let index = find(state, params)?;
    let job = &mut state.jobs[index];
    let place = place(job, params)?;
    consumable(job)?;
    if let Some(name) = name {
        taken(job, name, Some(&job.groups[place].id))?;
    }
    let group = &mut job.groups[place];
    for (part, given) in [
        (&mut group.name, name),
        (&mut group.user, user),
        (&mut group.password.0, password),
    ] {
        if let Some(given) = given {
            given.clone_into(part);
        }
    }
    Ok(Body::new())
}

/// DeleteConsumerChannel.
pub(crate) fn delete(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    params.required("ConsumerGroupId")?;
    let index = find(state, params)?;
    let job = &mut state.jobs[index];
    let place = place(job, params)?;
    consumable(job)?;
    job.groups.remove(place);
    Ok(Body::new())
}

/// DescribeConsumerChannel: the groups page by page, without their passwords.
pub(crate) fn describe(state: &mut State, params: &Params) -> Result<Body, Refusal> {
    let page = Page::of(params, "PageNumber", 20, 100)?;
    let index = find(state, params)?;
    let job = &state.jobs[index];
    let shown: Vec<Value> = page
        .cut(&job.groups)
        .map(|group| {
            json!({
                "ConsumerGroupId": group.id,
                "ConsumerGroupName": group.name,
                "ConsumerGroupUserName": group.user,
                // Nobody has consumed anything.
                "ConsumptionCheckpoint": "",
                "MessageDelay": -1,
                "UnconsumedData": 0,
            })
        })
        .collect();
    Ok(reply::body(json!({
        "PageNumber": page.number,
        "PageRecordCount": shown.len(),
        "TotalRecordCount": job.groups.len(),
        "ConsumerChannels": shown,
    })))
}
