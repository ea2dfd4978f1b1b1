"""The Azure services behind the job: the identity and Key Vault."""
