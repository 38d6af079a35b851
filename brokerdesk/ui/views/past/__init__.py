"""The bar of past days with its calendar and what is known of the day that is shown."""
