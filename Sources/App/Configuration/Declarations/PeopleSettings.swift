/// The keys of what becomes of people whom somebody else names: the same ones for every way of signing in.
enum PeopleSettings {
    static let all: [Setting<PeopleConfiguration>] = [
        Setting("roles", \.roles, .roles, "Role by group; the highest one counts."),
        Setting("teams", \.teams, .teams, "Team by group."),
        Setting(
            "defaultRole", \.defaultRole, .choice,
            "Role of people whom no group gives one; none does not let them in."),
        Setting("createUsers", \.createsUsers, .flag, "Whether people who are new here get a user."),
        Setting(
            "linkByEmail", \.linksByEmail, .flag,
            "Whether a verified e-mail address leads to the user who has it."),
    ]
}
