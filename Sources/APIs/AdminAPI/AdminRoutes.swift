import HTTPServing

/// Routes of the administration, gathered from its parts.
public enum AdminRoutes {}
