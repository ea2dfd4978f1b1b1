// The members are those of the setting PARTNER_ACCOUNTS; docs/settings.md says what each may hold.
@export()
@description('A Microsoft partner account whose balance is recorded.')
@sealed()
type partnerAccount = {
  name: string?
  tenantId: string
  clientId: string
  credential: string?
  secretName: string?
  auth: string?
  refreshTokenName: string?
  balances: string?
  creditLimit: string?
  cloud: string?
}

@export()
@description('Tags of Azure resources: names and values.')
type tagSet = {
  *: string
}
